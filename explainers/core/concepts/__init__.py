"""Concepts: directions in a layer of a predictor that people have a word for, and whether the predictor uses them."""
