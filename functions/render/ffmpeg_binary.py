"""Finds an FFmpeg that can do the job: the one on PATH may lack libass or libx264."""

import shutil
import subprocess
from functools import cache

from functions.render.order import RenderFailed

NEEDED_FILTERS = frozenset(
    {"ass", "blackdetect", "crop", "ebur128", "eq", "fade", "fps", "freezedetect", "gblur", "lut3d", "overlay", "scale"}
    | {"setparams", "tpad", "transpose", "trim", "xfade"}
)
NEEDED_ENCODERS = frozenset({"libx264", "aac", "mjpeg"})


@cache
def ffmpeg_binary() -> str:
    """An FFmpeg with everything the render needs: from PATH, else the one inside the wheel `imageio-ffmpeg`.

    Raises:
        RenderFailed: there is none; says what each one that was found lacks.
    """
    found: list[str] = []
    for candidate in _candidates():
        missing = _missing(candidate)
        if not missing:
            return candidate
        found.append(f"{candidate} (lacks {', '.join(sorted(missing))})")
    raise RenderFailed(
        "expected an FFmpeg with libass and libx264: install it (Debian: apt install ffmpeg) or the package "
        f"imageio-ffmpeg. Found: {'; '.join(found) or 'none'}"
    )


def _candidates() -> list[str]:
    candidates = [shutil.which("ffmpeg")]
    try:
        import imageio_ffmpeg
    except ImportError:  # in the container there is only Debian's
        return [candidate for candidate in candidates if candidate]
    try:
        candidates.append(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:  # the wheel for this machine holds no binary
        candidates.append(None)
    return [candidate for candidate in candidates if candidate]


def _missing(binary: str) -> set[str]:
    """Which of the needed filters and encoders a binary lacks; all of them if it cannot be run."""
    lacking: set[str] = set()
    for listing, needed in (("-filters", NEEDED_FILTERS), ("-encoders", NEEDED_ENCODERS)):
        try:
            run = subprocess.run(
                [binary, "-hide_banner", listing], capture_output=True, text=True, timeout=20, check=True
            )
        except (OSError, subprocess.SubprocessError):
            return set(NEEDED_FILTERS | NEEDED_ENCODERS)
        lacking |= needed - {word for line in run.stdout.splitlines() for word in line.split()[1:2]}
    return lacking
