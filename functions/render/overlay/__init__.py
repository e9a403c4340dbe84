"""Everything that is written or drawn on the picture: title, captions, marks and the recap card, as one ASS script."""
