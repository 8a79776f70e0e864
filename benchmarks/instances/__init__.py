"""Instances made from a seed, in the shape of a real programme."""
