"""What went on in the film, and the one thing to improve: from signals, ratings, memo and history."""
