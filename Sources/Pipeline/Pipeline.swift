import BraidCore
