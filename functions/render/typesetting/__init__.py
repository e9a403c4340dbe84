"""Japanese text into lines and captions: what the fonts print, where a reader accepts a break, how much fits."""
