"""Tests, in folders that mirror the code.

A package by this file, because sed_eval's dcase_util installs one of the same name beside it.
"""
