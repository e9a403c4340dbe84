"""What the coach and the narrator know of one lesson, and the words they share."""
