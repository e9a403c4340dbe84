"""The poster: the title over the cook's own food, as the video shows it before anything is said."""

from pathlib import Path

import av

POSTER_S = 1.6
QUALITY = 3
"""Of MJPEG, 1 (best) to 31."""


def take_poster(video: Path, poster: Path) -> None:
    """Write the picture at `POSTER_S` of a finished video as a JPEG."""
    with av.open(str(video)) as source, av.open(str(poster), "w", format="image2", options={"update": "1"}) as sink:
        picture = next(frame for frame in source.decode(source.streams.video[0]) if frame.time >= POSTER_S)
        options = {"qscale": str(QUALITY), "flags": "+qscale+bitexact"}
        track = sink.add_stream("mjpeg", rate=1, options=options)
        track.width, track.height, track.pix_fmt = picture.width, picture.height, "yuvj420p"
        still = picture.reformat(format="yuvj420p", dst_color_range="JPEG")
        still.pts = 0
        sink.mux(track.encode(still))
        sink.mux(track.encode(None))
