"""The geometry of small drawings: places along an axis, points, strips with intervals."""
