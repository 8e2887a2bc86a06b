"""The page on which recipe builders meet a connector: server-rendered, usable without scripts."""
