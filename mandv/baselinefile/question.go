package baselinefile

import "lingtan/park"

// Question is a project to measure from a park's meters, as a person asks.
type Question struct {
	Title       park.Name    `json:"title"`
	Measure     string       `json:"measure,omitempty" maxLength:"120" doc:"Id of the measure or dispatch that is followed"`
	Registers   []string     `json:"registers" minItems:"1" maxItems:"200" doc:"point.register of all that the boundary takes in"`
	Minus       []string     `json:"minus,omitempty" maxItems:"200" doc:"Registers of what leaves it"`
	Baseline    string       `json:"baseline" maxLength:"30" doc:"2018-01..2018-06"`
	Reporting   string       `json:"reporting,omitempty" maxLength:"30"`
	Temperature string       `json:"temperature,omitempty" maxLength:"129" doc:"Register of the outdoor temperature in °C"`
	Drivers     []string     `json:"drivers,omitempty" maxItems:"12" doc:"Registers of production and the like"`
	Option      string       `json:"option,omitempty" enum:"B,C" doc:"IPMVP option; default C of one register, else B"`
	Model       string       `json:"model,omitempty" enum:"daily,hourly,drivers"`
	Confidence  float64      `json:"confidence,omitempty" minimum:"0" maximum:"0.999"`
	Weekends    bool         `json:"weekends,omitempty" doc:"Weekends are a driver"`
	Adjustments []Adjustment `json:"adjustments,omitempty" maxItems:"100"`
}
