"""The one FFmpeg command: its inputs, its one filter graph, its outputs.

    pictures (pipe)  → upright, tone-mapped, framed → 30 fps → drifting view ┬→ until the recap ────┐
                                                                             └→ last one, goes soft ┴→ joined
                     → title, captions, marks, card → fade → H.264
    sound (WAV)      → AAC
    chapters (text)  → MP4

Every path in it is relative to the working directory, so no name from outside becomes part of it.
"""

from typing import Any

import ffmpeg

from functions.render.framing import DRIFT_PERIOD_S, DRIFT_PX, Framing
from functions.render.order import RenderOptions
from functions.render.overlay.card import CARD_STANDS_S
from functions.render.timeline import FRAME_RATE, Timeline
from shared.models.base import Model
from shared.models.media import Hdr, Rotation
from shared.models.video import Chapter

SOUND, OVERLAY, CHAPTERS, CUBE = "sound.wav", "overlay.ass", "chapters.txt", "hdr.cube"
VIDEO = "video.mp4"
FONTS = "fonts"
DISSOLVE_FRAMES = 18
"""The last picture of the clip softens over this."""
FADE_OUT_S = 1.2
AUDIO_BITRATE = "160k"
KEY_FRAME_S = 2
MOST_KBITS_PER_S = 2_400
"""Weak Wi-Fi: a busy picture loses a little texture rather than stalls. Captions stay sharp."""
CODER = "AVC Coding"
"""What the MP4 names as its coder, in place of the library and its version."""
PARTS_OF_STAGE = 10
"""The blurred background is computed at this fraction of its size."""


class Programme(Model):
    """What the graph depends on."""

    timeline: Timeline
    framing: Framing
    rotation_degrees: Rotation
    hdr: Hdr
    gamma: float
    options: RenderOptions


def command(programme: Programme, binary: str) -> list[str]:
    """The arguments of FFmpeg, its path first. Pictures come on stdin, progress goes to stdout."""
    pictures = ffmpeg.input("pipe:0", format="nut", thread_queue_size=8)
    sound = ffmpeg.input(SOUND, format="wav")
    outputs = ffmpeg.output(_programme(pictures.video, programme), sound.audio, VIDEO, **_encoding(programme))
    arguments: list[str] = outputs.global_args(
        "-hide_banner", "-nostdin", "-loglevel", "error", "-y", "-nostats", "-progress", "pipe:1"
    ).compile(cmd=binary)
    return _confined(_with_chapters(arguments))


def chapter_file(chapters: list[Chapter]) -> str:
    """Chapters as FFmpeg reads them."""
    blocks = [";FFMETADATA1"]
    for chapter in chapters:
        start, end = (round(moment * 1000) for moment in (chapter.start_s, chapter.end_s))
        blocks.append(f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={end}\ntitle={chapter.title}")
    return "\n".join(blocks) + "\n"


def _with_chapters(arguments: list[str]) -> list[str]:
    """A third input that no stream is taken from, which ffmpeg-python cannot say."""
    place = arguments.index("-filter_complex")
    return [*arguments[:place], "-f", "ffmetadata", "-i", CHAPTERS, *arguments[place:]]


def _confined(arguments: list[str]) -> list[str]:
    """Local files and pipes only, for every input."""
    confined: list[str] = []
    for argument in arguments:
        if argument == "-i":
            confined += ["-protocol_whitelist", "file,pipe"]
        confined.append(argument)
    return confined


def _programme(pictures: Any, programme: Programme) -> Any:  # noqa: ANN401  # ffmpeg-python has no types
    """From pictures as they were coded to the finished video picture."""
    timeline, framing = programme.timeline, programme.framing
    upright = _upright(_sdr(pictures, programme.hdr), programme.rotation_degrees)
    bright = upright.filter("eq", gamma=programme.gamma) if programme.gamma > 1 else upright
    view = _framed(bright, framing)
    view = _drifting(view, framing).filter("fps", fps=FRAME_RATE, start_time=0)
    view = view.filter("tpad", stop_mode="clone", stop_duration=10).filter("setsar", "1").filter("format", "yuv420p")
    # Once the card stands, nothing moves any more: one picture is held.
    drawn = min(timeline.frames, timeline.outro_frame + round(CARD_STANDS_S * FRAME_RATE))
    both = view.split()
    footage = both[0].filter("trim", end_frame=timeline.outro_frame)
    seen = ffmpeg.concat(footage, _recap(both[1], timeline, framing, drawn - timeline.outro_frame))
    seen = seen.filter("ass", filename=OVERLAY, fontsdir=FONTS)
    seen = seen.filter("tpad", stop_mode="clone", stop=timeline.frames - drawn)
    seen = seen.filter("fade", type="out", start_time=timeline.duration_s - FADE_OUT_S, duration=FADE_OUT_S)
    seen = seen.filter("format", "yuv420p")
    return seen.filter("setparams", range="tv", color_primaries="bt709", color_trc="bt709", colorspace="bt709")


def _drifting(pictures: Any, framing: Framing) -> Any:  # noqa: ANN401
    """The view moves with each new picture; between two it stands, so that a repeated picture costs nothing."""
    turn = f"2*PI*t/{DRIFT_PERIOD_S}"
    return pictures.filter(
        "crop",
        w=framing.width,
        h=framing.height,
        x=f"{DRIFT_PX}+{DRIFT_PX}*cos({turn})",
        y=f"{DRIFT_PX}+{DRIFT_PX}*sin({turn})",
        exact=1,
    )


def _sdr(pictures: Any, hdr: Hdr) -> Any:  # noqa: ANN401
    if hdr == "none":
        return pictures
    rgb = pictures.filter("scale", in_color_matrix="bt2020", in_range="tv").filter("format", "gbrp10le")
    mapped = rgb.filter("lut3d", file=CUBE, interp="tetrahedral")
    return mapped.filter("scale", out_color_matrix="bt709", out_range="tv").filter("format", "yuv420p")


def _upright(pictures: Any, rotation_degrees: Rotation) -> Any:  # noqa: ANN401
    if rotation_degrees == 180:
        return pictures.filter("hflip").filter("vflip")
    turns = {90: "clock", 270: "cclock"}
    return pictures.filter("transpose", turns[rotation_degrees]) if rotation_degrees in turns else pictures


def _framed(pictures: Any, framing: Framing) -> Any:  # noqa: ANN401
    """The footage on its stage: cropped to it, or before a blurred copy."""
    width, height = framing.stage
    if framing.fills:
        return pictures.filter("crop", w=width, h=height)
    both = pictures.split()
    small = (max(16, width // PARTS_OF_STAGE // 2 * 2), max(16, height // PARTS_OF_STAGE // 2 * 2))
    soft = (
        both[0]
        .filter("scale", w=small[0], h=small[1], force_original_aspect_ratio="increase", flags="fast_bilinear")
        .filter("crop", w=small[0], h=small[1])
        .filter("gblur", sigma=5)
        .filter("eq", brightness=-0.10, saturation=0.85)
        .filter("scale", w=width, h=height, flags="bicubic")
    )
    return ffmpeg.overlay(soft, both[1], x="(W-w)/2", y="(H-h)/2")


def _recap(view: Any, timeline: Timeline, framing: Framing, frames: int) -> Any:  # noqa: ANN401
    """The last picture of the clip, going soft and dim.

    The dissolve works in full colour resolution, so it gets these few pictures only, not the whole video.
    """
    last = view.filter("trim", start_frame=timeline.outro_frame - 1, end_frame=timeline.outro_frame)
    both = last.filter("setpts", "PTS-STARTPTS").split()
    width, height = framing.width // 4 // 2 * 2, framing.height // 4 // 2 * 2
    sharp = both[0].filter("tpad", stop_mode="clone", stop=DISSOLVE_FRAMES)
    soft = (
        both[1]
        .filter("scale", w=width, h=height)
        .filter("gblur", sigma=7)
        .filter("eq", brightness=-0.16, saturation=0.8)
        .filter("scale", w=framing.width, h=framing.height, flags="bicubic")
        .filter("setsar", "1")
        .filter("format", "yuv420p")
        .filter("tpad", stop_mode="clone", stop=frames)
    )
    dissolved = ffmpeg.filter(
        [sharp, soft], "xfade", transition="fade", duration=DISSOLVE_FRAMES / FRAME_RATE, offset=0
    )
    return dissolved.filter("trim", end_frame=frames).filter("setsar", "1").filter("format", "yuv420p")


def _encoding(programme: Programme) -> dict[str, Any]:
    """Options of the MP4: a picture every player takes, an index at the front, and nothing about where it was made."""
    timeline, options = programme.timeline, programme.options
    cuts = (timeline.pivot_frame, timeline.clip_frame, timeline.outro_frame)
    return {
        "format": "mp4",
        "vcodec": "libx264",
        "preset": options.preset,
        "crf": options.crf,
        "profile:v": "high",
        "pix_fmt": "yuv420p",
        "g": KEY_FRAME_S * FRAME_RATE,
        "maxrate": f"{MOST_KBITS_PER_S}k",
        "bufsize": f"{2 * MOST_KBITS_PER_S}k",
        "force_key_frames": ",".join(f"{cut / FRAME_RATE:.4f}" for cut in cuts),
        "x264-params": "mbtree=1:rc-lookahead=40",
        "bsf:v": "filter_units=remove_types=6",
        "color_primaries": "bt709",
        "color_trc": "bt709",
        "colorspace": "bt709",
        "color_range": "tv",
        "fps_mode": "cfr",
        "video_track_timescale": FRAME_RATE * 512,
        "acodec": "aac",
        "audio_bitrate": AUDIO_BITRATE,
        "ar": 48_000,
        "ac": 2,
        "map_metadata:g": -1,
        "map_metadata:s": -1,
        "map_chapters": 2,
        "metadata:s:v:0": f"encoder={CODER}",
        "metadata:s:a:0": "language=jpn",
        "fflags": "+bitexact",
        "flags:v": "+bitexact",
        "flags:a": "+bitexact",
        "movflags": "+faststart",
    }
