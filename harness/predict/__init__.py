"""Predict how strategies perform against holds, without running trials."""
