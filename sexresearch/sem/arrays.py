"""The one array type of the core."""

import numpy as np

Array = np.ndarray
