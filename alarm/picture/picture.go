// Package picture is what people see of a park's alarms: the alarms as they stand with
// their names, and one alarm with its journal, evidence and deliveries.
package picture

import (
	"time"

	"lingtan/alarm"
	"lingtan/park"
)

// Park is a park's alarms at the clock of its watch.
type Park struct {
	Park    string    `json:"park"`
	Clock   time.Time `json:"clock" doc:"The time by which the alarms stand: the server's clock, or of a replay the newest reading"`
	Replay  *Replay   `json:"replay" doc:"Null where the park is watched live"`
	Rules   int       `json:"rules" doc:"How many rules watch"`
	Version int64     `json:"version" doc:"Of the rule file; 0 = there is none and nothing is watched"`
	Flood   *Flood    `json:"flood" doc:"Null when there is none"`
	Counts  Counts    `json:"counts"`
	Alarms  []Alarm   `json:"alarms" nullable:"false"`
}

// Replay says that alarms were found by running the rules over stored readings.
type Replay struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	At   time.Time `json:"at" doc:"When it was run"`
}

// Flood is a flood of alarms under way.
type Flood struct {
	Since  time.Time `json:"since"`
	Alarms int       `json:"alarms"`
}

// Counts counts alarms by what is to be done about them.
type Counts struct {
	Active         int `json:"active" doc:"The condition stands: unacknowledged or acknowledged"`
	Unacknowledged int `json:"unacknowledged" doc:"Active, and nobody has seen it"`
	Returned       int `json:"returned" doc:"Over, and nobody has seen it"`
	Aside          int `json:"aside" doc:"Shelved, suppressed or out of service"`
	Blind          int `json:"blind" doc:"Rules whose input is missing or too old: nothing is judged"`
	Critical       int `json:"critical" doc:"Active of priority critical"`
}

// Count counts alarms.
func Count(list []Alarm) Counts {
	var c Counts
	for _, a := range list {
		if a.Blind {
			c.Blind++
		}
		switch {
		case a.State.Active():
			c.Active++
			if a.State == alarm.Unacknowledged {
				c.Unacknowledged++
			}
			if a.Priority == "critical" {
				c.Critical++
			}
		case a.State == alarm.Returned:
			c.Returned++
		case a.State != alarm.Normal:
			c.Aside++
		}
	}
	return c
}

// Alarm is a rule's alarm with the names that people know it by.
type Alarm struct {
	alarm.Alarm
	Kind         string    `json:"kind"`
	Unit         string    `json:"unit" doc:"Of value and limit"`
	Name         park.Name `json:"name"`
	Advice       park.Name `json:"advice"`
	ObjectName   park.Name `json:"objectName"`
	Organization string    `json:"organization,omitempty" doc:"Whose the object is"`
	Assignee     string    `json:"assignee,omitempty" doc:"Who it was handed to"`
	CauseRule    string    `json:"causeRule,omitempty" doc:"The rule of the alarm that explains it"`
}

// Detail is one alarm with all that is known of it.
type Detail struct {
	Alarm
	Inputs   []Input            `json:"inputs" nullable:"false"`
	Settings map[string]float64 `json:"settings" doc:"The rule's parameters"`
	When     string             `json:"when,omitempty"`
	Formula  string             `json:"formula,omitempty" doc:"The rule's expression"`
	Delays   map[string]float64 `json:"delays" doc:"on, off: seconds"`
	Version  int64              `json:"version" doc:"Of the rule file"`
	Changed  time.Time          `json:"changed" doc:"When that version was recorded"`
	Author   string             `json:"author" doc:"Who recorded it"`
	Journal  []alarm.Transition `json:"journal" nullable:"false" doc:"The newest first, at most 200"`
	Related  []Alarm            `json:"related" nullable:"false" doc:"Alarms of the same cause, object or time"`
	Evidence []Series           `json:"evidence" nullable:"false"`
	Told     []Told             `json:"told" nullable:"false" doc:"Notices of the occurrence and every attempt to deliver them"`
}

// Input is a signal that the rule reads.
type Input struct {
	Name     string `json:"name"`
	Signal   string `json:"signal"`
	Register string `json:"register,omitempty" doc:"Of the park, where the signal is a register's"`
}

// Series is a signal's values around an alarm: two hours before its onset to two hours
// after its end.
type Series struct {
	Signal   string      `json:"signal"`
	Register string      `json:"register,omitempty"`
	Name     park.Name   `json:"name"`
	Unit     string      `json:"unit"`
	At       []time.Time `json:"at" nullable:"false"`
	Values   []*float64  `json:"values" nullable:"false" doc:"Null is a gap"`
}

// Told is an attempt to deliver a notice.
type Told struct {
	Notice   string    `json:"notice"`
	Channel  string    `json:"channel"`
	Attempt  int64     `json:"attempt" doc:"From 1"`
	At       time.Time `json:"at"`
	Outcome  string    `json:"outcome" doc:"delivered, retry, failed"`
	Status   int64     `json:"status" doc:"Of HTTP or SMTP; 0 = none was given"`
	Response string    `json:"response"`
}

// Change is told to who follows a park live.
type Change struct {
	Rule  string      `json:"rule"`
	Event string      `json:"event"`
	State alarm.State `json:"state"`
	At    time.Time   `json:"at"`
}

// Channel is a way to deliver as people set it up; its secret is never shown.
type Channel struct {
	ID       string   `json:"id" minLength:"1" maxLength:"40" pattern:"^[a-z0-9][a-z0-9._-]*$"`
	Kind     string   `json:"kind" enum:"mail,webhook,wecom,dingtalk,feishu,mqtt,push"`
	URL      string   `json:"url,omitempty" maxLength:"500" doc:"Shown without its key"`
	Secret   string   `json:"secret,omitempty" maxLength:"500" doc:"Written only; left out, the secret that is there stays"`
	User     string   `json:"user,omitempty" maxLength:"200"`
	From     string   `json:"from,omitempty" maxLength:"200"`
	To       []string `json:"to,omitempty" maxItems:"100"`
	Topic    string   `json:"topic,omitempty" maxLength:"200"`
	Plain    bool     `json:"plain,omitempty"`
	Private  bool     `json:"private,omitempty" doc:"Addresses of private networks and of this machine are allowed"`
	Language string   `json:"language,omitempty" enum:"zh,en"`
	Stored   bool     `json:"stored" required:"false" doc:"A secret is stored"`
}

// Contact is how to reach a person whom rules name.
type Contact struct {
	Person string `json:"person" minLength:"1" maxLength:"100" doc:"As calendars and escalations name the person"`
	Mail   string `json:"mail,omitempty" maxLength:"200"`
	Mobile string `json:"mobile,omitempty" maxLength:"40" doc:"For robots that mention people"`
}

// Act is what a person does to an alarm.
type Act struct {
	Event    string        // acknowledge, assign, shelve, unshelve, remove, restore, comment
	Note     string        // required to shelve, remove and comment
	For      time.Duration // of shelving, from the clock of the park's alarms
	Assignee string        // of assign
}
