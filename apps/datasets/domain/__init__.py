"""The wire format of exports and the rules of what may be in them. Pure: the ML programs import it too."""
