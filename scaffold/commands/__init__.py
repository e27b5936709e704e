"""One command each: a recipe of calls, no logic. Commands never import each other."""
