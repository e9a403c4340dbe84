"""One video from one order: plan, sound, overlay, encode, verify. Local files in, local files out; no other effect."""

import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event

from functions.render import fonts
from functions.render.captions import plan_captions, write_web_vtt
from functions.render.encoder import Encoding
from functions.render.ffmpeg_binary import ffmpeg_binary
from functions.render.footage.reader import ReadingReport, ReadingRequest
from functions.render.footage.shots import plan_clip
from functions.render.framing import frame_picture
from functions.render.graph import CHAPTERS, CUBE, FONTS, OVERLAY, SOUND, VIDEO, Programme, chapter_file, command
from functions.render.order import RenderedVideo, RenderOrder
from functions.render.overlay.drawing import overlay_of
from functions.render.poster import take_poster
from functions.render.sound import SAMPLE_RATE_HZ
from functions.render.sound.mix import CEILINGS_DB, mix_sound
from functions.render.sound.wav import write_wav
from functions.render.timeline import FRAME_RATE, Timeline, plan_timeline
from functions.render.tone_map import write_cube
from functions.render.verify import PeaksTooHigh, verify

CAPTIONS, POSTER = "captions.vtt", "poster.jpg"
ENCODED_SHARE = 0.93
"""Share of the work that is done when the last frame is encoded."""
BLACK_LUMA = 38
"""A tenth of the way from black (16) to white (235): what is darker counts as black in the finished video."""
FONT_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="cwd">fonts</dir><cachedir prefix="cwd">fontconfig</cachedir></fontconfig>
"""


def compose(
    order: RenderOrder,
    directory: Path,
    on_progress: Callable[[float], None] = lambda _: None,
    cancelled: Event | None = None,
) -> RenderedVideo:
    """Make the video.

    Args:
        order: what it is made of.
        directory: an empty directory for the results and everything in between.
        on_progress: told the share that is done, 0 to 1.
        cancelled: set it from another thread to stop.

    Raises:
        RenderFailed: no video came out that may be shown.
        RenderCancelled: as asked.
    """
    binary = ffmpeg_binary()
    timeline = plan_timeline(order.sentences, pause_s=order.pause_s, outro_s=order.options.outro_s)
    programme = Programme(
        timeline=timeline,
        framing=frame_picture(order.media, order.options.height),
        rotation_degrees=order.media.rotation_degrees,
        hdr=order.media.hdr,
        gamma=order.gamma,
        options=order.options,
    )
    request, moments_s = _reading(order, programme)
    give_up_at = time.monotonic() + order.options.deadline_s
    for number, ceiling_db in enumerate(CEILINGS_DB, 1):
        with Encoding(request, directory, deadline_s=give_up_at - time.monotonic()) as encoding:
            _write_parts(order, timeline, moments_s, ceiling_db, directory)
            report = encoding.encode(
                command(programme, binary),
                timeline.frames,
                partial(_report, on_progress) if number == 1 else lambda _: None,
                cancelled or Event(),
            )
        try:
            measured = verify(directory / VIDEO, timeline, programme.framing, binary)
            break
        except PeaksTooHigh:
            if number == len(CEILINGS_DB):
                raise
    take_poster(directory / VIDEO, directory / POSTER)
    on_progress(1.0)
    return RenderedVideo(
        video=directory / VIDEO,
        poster=directory / POSTER,
        captions=directory / CAPTIONS,
        duration_s=measured.duration_s,
        width=programme.framing.width,
        height=programme.framing.height,
        size_bytes=(directory / VIDEO).stat().st_size,
        chapters=timeline.chapters(),
        loudness_lufs=measured.loudness_lufs,
        true_peak_dbtp=measured.true_peak_dbtp,
        warnings=timeline.warnings + _warnings(report),
    )


def _report(on_progress: Callable[[float], None], share: float) -> None:
    on_progress(ENCODED_SHARE * share)


def _reading(order: RenderOrder, programme: Programme) -> tuple[ReadingRequest, list[float]]:
    """What the reader is asked for, and when in the video the key moment is seen."""
    timeline = programme.timeline
    clip, moments = plan_clip(
        order.key_moment_s,
        order.media.duration_s,
        timeline.clip_frames,
        lead_s=order.options.lead_s,
        at_frame=timeline.clip_frame,
    )
    width, height = programme.framing.coded_size(programme.rotation_degrees)
    request = ReadingRequest(
        source=str(order.source.resolve()),
        width=width,
        height=height,
        black_below=round(255 * (BLACK_LUMA / 255) ** order.gamma),
        pixel_format="yuv420p" if order.media.hdr == "none" else "yuv420p10le",
        duration_s=order.media.duration_s,
        time_lapse_frames=timeline.clip_frame,
        pictures_per_second=order.options.pictures_per_second,
        clip=clip,
        cpu_s=round(order.options.deadline_s),
    )
    return request, [moment / FRAME_RATE for moment in moments]


def _write_parts(
    order: RenderOrder, timeline: Timeline, moments_s: list[float], ceiling_db: float, directory: Path
) -> None:
    """Everything FFmpeg reads besides the pictures."""
    captions = plan_captions(order.sentences, timeline)
    write_web_vtt(captions, directory / CAPTIONS)
    (directory / OVERLAY).write_text(overlay_of(order, timeline, captions, moments_s), encoding="utf-8")
    (directory / CHAPTERS).write_text(chapter_file(timeline.chapters()), encoding="utf-8")
    (directory / "fonts.conf").write_text(FONT_CONFIGURATION, encoding="utf-8")
    (directory / FONTS).mkdir(exist_ok=True)
    for font in fonts.DIRECTORY.glob("*.ttf"):
        shutil.copy(font, directory / FONTS)
    if order.media.hdr != "none":
        write_cube(order.media.hdr, directory / CUBE)
    write_wav(directory / SOUND, mix_sound(order.sentences, timeline, ceiling_db), SAMPLE_RATE_HZ)


def _warnings(report: ReadingReport) -> list[str]:
    warnings = list(report.warnings)
    if report.black:
        warnings.append(f"{report.black} black pictures of the source were left out")
    if report.lost:
        warnings.append(f"{report.lost} damaged pictures of the source were left out")
    if report.repeated:
        warnings.append(f"the source ended early; {report.repeated} times earlier pictures were shown again")
    return warnings
