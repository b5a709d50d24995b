package pool

// Sources are all sources, the most trustworthy first.
func Sources() []Source {
	return []Source{FromCloud, FromNodeClaim, FromMachine, FromNode, FromReady, FromContainers, Unknown}
}
