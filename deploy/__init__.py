"""The roof: settings, urls, queues, checks, containers; no logic of studies."""
