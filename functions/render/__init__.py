"""Stage 4b: the cook's own footage, the coach's voice and the lesson become one video. Runs as a Cloud Run job."""
