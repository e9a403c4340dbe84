"""Putting a story on film: a small video file as a phone or an editor would write it."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from tests.clips.hear import soundtrack
from tests.clips.look import pictures
from tests.clips.story import Story

AUDIO_SAMPLES = 1024


def film(story: Story, directory: Path) -> Path:
    """Write the clip of a story into a directory and give its path. Size, rate, container and distance of key frames
    come from the story's seed."""
    random = np.random.default_rng((story.seed, 3))
    portrait = random.random() < 0.25
    width, height = (180, 320) if portrait else (320, 180)
    rate = int(random.choice([8, 10, 12]))
    key_frames_s = float(random.choice([1.0, 1.0, 1.0, 2.0, 8.0]))
    path = directory / f"{story.name}_{story.seed}.{random.choice(['mp4', 'mov', 'mkv'])}"
    audio_rate = int(random.choice([22050, 44100, 48000]))
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=rate)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        interval = str(round(rate * key_frames_s))
        video.options = {"preset": "ultrafast", "crf": "27", "g": interval, "sc_threshold": "0", "threads": "1"}
        audio = None if story.silent else container.add_stream("aac", rate=audio_rate, layout="mono")
        for number, picture in enumerate(pictures(story, width, height, rate)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            samples = soundtrack(story, audio_rate).astype(np.float32)
            for start in range(0, samples.size - AUDIO_SAMPLES + 1, AUDIO_SAMPLES):
                sound = av.AudioFrame.from_ndarray(
                    samples[None, start : start + AUDIO_SAMPLES].copy(), format="fltp", layout="mono"
                )
                sound.sample_rate, sound.pts = audio_rate, start
                container.mux(audio.encode(sound))
            container.mux(audio.encode(None))
    return path
