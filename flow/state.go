package flow

import "lingtan/balance"

// State is what a trace carries from one day to the next: the last mixture of every bus
// and storage, then what each storage holds, node by node in the order of Reach.
func (t *Tracer) State() []float64 {
	var state []float64
	for n := range t.Network.Nodes {
		state = append(state, t.lasting(n)...)
	}
	for _, held := range t.held {
		state = append(state, held...)
	}
	return state
}

// lasting is the mixture of a node that the next day goes on from; a source's never changes.
func (t *Tracer) lasting(n int) []float64 {
	if t.Network.Nodes[n].Kind == balance.Source {
		return nil
	}
	return t.row(n, 0)
}

// Restore takes the trace to where a State of the same network was told.
func (t *Tracer) Restore(state []float64) {
	for n := range t.Network.Nodes {
		state = state[copy(t.lasting(n), state):]
		if t.held[n] != nil {
			copy(t.row(n, 1), t.row(n, 0))
		}
	}
	for _, held := range t.held {
		state = state[copy(held, state):]
	}
}

// Carried are the places in the State before the last day traced that the day rests on: from another
// State that is the same at these it gives the same shares and the same State after it. A storage always rests on the day before; a bus where nothing fed it when the day began.
func (t *Tracer) Carried() []int {
	var places []int
	at := 0
	take := func(count int, rests bool) {
		for range count {
			if rests {
				places = append(places, at)
			}
			at++
		}
	}
	for n := range t.Network.Nodes {
		take(len(t.lasting(n)), t.carried[n] || t.held[n] != nil)
	}
	for _, held := range t.held {
		take(len(held), true)
	}
	return places
}
