"""Signoff: captures 整改销号公示, the notices that declare an environmental-inspection task rectified."""

__version__ = "0.1.0"
