"""Synthetic cooking clips with known truth: stories made from a seed, filmed with sound, for judging what is found in
them. Seeds below 1000 are for tuning; evaluations use seeds from 10000 up, which nothing was ever tuned on."""
