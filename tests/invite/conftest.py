from hypothesis import settings

# No test of this house asserts a time: a slow machine is not a fault.
settings.register_profile("without deadline", deadline=None)
settings.load_profile("without deadline")
