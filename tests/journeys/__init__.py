"""Whole lives of an instance, in real processes, told in the business's words."""
