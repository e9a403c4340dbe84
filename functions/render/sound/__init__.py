"""The sound of the video: voice, music and applause, mixed and measured in memory before anything is encoded."""

SAMPLE_RATE_HZ = 48_000
