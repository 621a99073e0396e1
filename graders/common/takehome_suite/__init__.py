"""What every hidden suite shares: the pytest plugin, the recording HTTP client, outcomes and proofs.

This package knows nothing of a single task. See `../README.md` for the interface.
"""
