"""Everything that knows sound: signal code, networks, their use and their training. Knows nothing of the web."""

import os

# TensorFlow writes lines about its build to stderr at import, which would bury a command's own line. Without oneDNN's
# reordered sums (about a tenth of the speed here) the same seed also gives the same bytes on more machines.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
