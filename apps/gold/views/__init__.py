"""Pages on gold and silent retests, for managers and researchers. Adjudicators label too, so they see none of it."""
