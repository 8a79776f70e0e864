"""Forms of the screens: ``base`` and ``fields`` are the house's own, the other modules hold one form a screen."""
