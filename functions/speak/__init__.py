"""Stage 4a: the script becomes a voice, one file per sentence, with exact timings."""
