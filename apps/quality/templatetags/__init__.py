"""What earlier apps' templates show of quality."""
