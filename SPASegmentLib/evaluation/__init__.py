"""Measuring SPA: protocols, metrics, reports."""
