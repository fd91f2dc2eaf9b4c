"""A project: members, guidelines, schemas, and the one door to it all."""
