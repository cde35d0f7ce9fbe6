"""Serving: the server for packages, its prediction log, deployments, monitoring, retracing.

Nothing here is imported until it is used, so that the supervisor process and
`import notewright` stay small.
"""
