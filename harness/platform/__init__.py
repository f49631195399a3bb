"""Where primitives and holds come from: one folder or module a platform, behind `Platform`."""
