"""The labeling room. Thin: access, a service, the next page."""
