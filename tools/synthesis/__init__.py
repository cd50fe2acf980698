"""Synthetic balls, clicks and voices: the raw material of the samples and of the models' training data."""
