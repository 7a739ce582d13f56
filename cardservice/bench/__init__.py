"""`cjeune bench`: the speed of the money path, as ratios to a yardstick of the same run.

The law: no figure without its yardstick, measured alternately on the same server in the same
minute; medians of at least three runs; nothing is asserted about time anywhere.
"""
