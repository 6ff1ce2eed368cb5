package alarm

// State is where an alarm stands in its life, by ANSI/ISA-18.2-2016, clause 5.3
// (IEC 62682:2022 has the same). The latched states are not used: no condition here
// needs a reset of its own.
type State string

// The states.
const (
	Normal         State = "normal"         // A: nothing to do
	Unacknowledged State = "unacknowledged" // B: active, nobody has seen it
	Acknowledged   State = "acknowledged"   // C: active, somebody has
	Returned       State = "returned"       // D: over, and nobody has seen it
	Shelved        State = "shelved"        // G: set aside by a person, for a time
	Suppressed     State = "suppressed"     // H: set aside by the rule's own suppress_when
	OutOfService   State = "out_of_service" // I: taken out by a person until restored
)

// moves is the whole life: from a state, by an event, to a state. The events raise, return,
// suppress and unsuppress come of readings; acknowledge, shelve, unshelve, remove, restore
// and comment are done by people, and unshelve by time as well; cause says that an
// upstream alarm explains this one. What is not here does
// not happen. Leaving the last three goes through normal: a condition that is still there
// raises the alarm again at once.
var moves = map[State]map[string]State{
	Normal:         {"raise": Unacknowledged, "shelve": Shelved, "suppress": Suppressed, "remove": OutOfService},
	Unacknowledged: {"acknowledge": Acknowledged, "return": Returned, "shelve": Shelved, "suppress": Suppressed, "remove": OutOfService},
	Acknowledged:   {"return": Normal, "shelve": Shelved, "suppress": Suppressed, "remove": OutOfService},
	Returned:       {"acknowledge": Normal, "raise": Unacknowledged, "shelve": Shelved, "suppress": Suppressed, "remove": OutOfService},
	Shelved:        {"unshelve": Normal, "remove": OutOfService},
	Suppressed:     {"unsuppress": Normal, "shelve": Shelved, "remove": OutOfService},
	OutOfService:   {"restore": Normal},
}

// people are the events that a person may cause; comment moves nothing.
var people = map[string]bool{"acknowledge": true, "shelve": true, "unshelve": true, "remove": true, "restore": true, "comment": true}

// Active says whether the condition stands and the alarm is shown.
func (s State) Active() bool { return s == Unacknowledged || s == Acknowledged }
