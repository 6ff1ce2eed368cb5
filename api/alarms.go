package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lingtan/alarm"
	"lingtan/alarm/picture"
	"lingtan/alarm/proposal"
	"lingtan/alarm/rulefile"
	"lingtan/notify"
	"lingtan/store/record"
)

// AlarmSource watches the rules of parks.
type AlarmSource interface {
	Picture(ctx context.Context, park string, all bool) (*picture.Park, error)
	Detail(ctx context.Context, park, rule string) (*picture.Detail, error)
	Act(ctx context.Context, act record.Act, park, rule string, a picture.Act) error
	Rules(ctx context.Context, park string) (record.AlarmRules, error)
	PutRules(ctx context.Context, act record.Act, park string, yaml []byte, after int64) (record.AlarmRules, error)
	UnknownSignals(ctx context.Context, park string, set *alarm.Set) ([]string, error)
	Propose(ctx context.Context, park string) (*proposal.Proposal, error)
	Channels(ctx context.Context, park string) ([]picture.Channel, error)
	PutChannels(ctx context.Context, act record.Act, park string, list []picture.Channel) error
	TestChannel(ctx context.Context, act record.Act, park, channel string) (picture.Told, error)
	Contacts(ctx context.Context, park string) ([]picture.Contact, error)
	PutContacts(ctx context.Context, act record.Act, park string, list []picture.Contact) error
}

type alarmsIn struct {
	Park         string `path:"park" maxLength:"40"`
	All          bool   `query:"all" doc:"Those of all rules, and not only those that a person has to look at"`
	State        string `query:"state" enum:"normal,unacknowledged,acknowledged,returned,shelved,suppressed,out_of_service"`
	Priority     string `query:"priority" enum:"low,medium,high,critical"`
	Kind         string `query:"kind" maxLength:"40"`
	Object       string `query:"object" maxLength:"200"`
	Organization string `query:"organization" maxLength:"64" doc:"Of objects of this organization alone"`
}

type alarmsOutput struct{ Body *picture.Park }

type alarmIn struct {
	Park         string `path:"park" maxLength:"40"`
	Rule         string `path:"rule" maxLength:"80" doc:"A rule has one alarm, which bears its id"`
	Organization string `query:"organization" maxLength:"64" doc:"The alarm is of an object of this organization"`
}

type alarmOutput struct{ Body *picture.Detail }

type alarmActIn struct {
	Park         string `path:"park" maxLength:"40"`
	Rule         string `path:"rule" maxLength:"80"`
	Organization string `query:"organization" maxLength:"64" doc:"The alarm is of an object of this organization"`
	Body         struct {
		Event    string `json:"event" enum:"acknowledge,assign,shelve,unshelve,remove,restore,comment"`
		Note     string `json:"note,omitempty" maxLength:"2000" doc:"Required to shelve, remove and comment"`
		Minutes  int    `json:"minutes,omitempty" minimum:"0" maximum:"43200" doc:"Of shelving, from the clock of the park's alarms"`
		Assignee string `json:"assignee,omitempty" maxLength:"100" doc:"Of assign"`
	}
}

type alarmRulesOutput struct {
	Body struct {
		Number     int64     `json:"number" doc:"From 1, without gaps; 0 = the park has no rules"`
		Hash       string    `json:"hash" doc:"SHA-256 of yaml"`
		RecordedAt time.Time `json:"recordedAt"`
		Author     string    `json:"author"`
		YAML       string    `json:"yaml"`
	}
}

type alarmRulesIn struct {
	Park    string `path:"park" maxLength:"40"`
	After   int64  `query:"after" minimum:"0" doc:"The version that the file was made from; 0 = there was none"`
	RawBody []byte `contentType:"application/yaml" doc:"lingtan.alarm/v1, YAML or JSON"`
}

type alarmCheckIn struct {
	Park    string `path:"park" maxLength:"40"`
	RawBody []byte `contentType:"application/yaml" doc:"lingtan.alarm/v1, YAML or JSON"`
}

type alarmCheckOutput struct {
	Body struct {
		Rules   int              `json:"rules"`
		Faults  []rulefile.Fault `json:"faults" nullable:"false" doc:"Empty where the file is sound"`
		Unknown []string         `json:"unknown" nullable:"false" doc:"Signals that nothing in the park feeds: their rules stay blind"`
	}
}

type alarmProposalOutput struct{ Body *proposal.Proposal }

type channelsBody struct {
	Channels []picture.Channel `json:"channels" nullable:"false" maxItems:"50"`
}

type channelsIn struct {
	Park string `path:"park" maxLength:"40"`
	Body channelsBody
}

type channelsOutput struct{ Body channelsBody }

type channelTestIn struct {
	Park    string `path:"park" maxLength:"40"`
	Channel string `path:"channel" maxLength:"40"`
}

type channelTestOutput struct{ Body picture.Told }

type contactsBody struct {
	Contacts []picture.Contact `json:"contacts" nullable:"false" maxItems:"1000"`
}

type contactsIn struct {
	Park string `path:"park" maxLength:"40"`
	Body contactsBody
}

type contactsOutput struct{ Body contactsBody }

func (s *Server) alarmRoutes() {
	tags := []string{"alarms"}
	of := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/api/v1/parks/{park}" + path, Tags: tags, Summary: summary}
	}
	read, own := Rule{Action: "alarm.read", Resource: s.parkPlace}, Rule{Action: "alarm.read", Resource: s.ownPlace}
	act, edit := Rule{Action: "alarm.act", Resource: s.ownPlace}, Rule{Action: "alarm.edit", Resource: s.parkPlace}
	list := of("listAlarms", "GET", "/alarms", "Alarms of a park, or of the objects of one organization in it")
	list.Description = "Changes are told as events `alarm` {rule, event, state, at} of the park's live stream."
	route(s, list, own, s.listAlarms)
	route(s, of("getAlarm", "GET", "/alarms/{rule}", "One alarm: journal, evidence two hours around it, related alarms, deliveries"), own, s.getAlarm)
	route(s, of("actOnAlarm", "POST", "/alarms/{rule}/actions", "Acknowledge, assign, shelve, unshelve, take out of service, restore or comment"), act, s.actOnAlarm)
	route(s, of("getAlarmRules", "GET", "/alarm-rules", "The rule file of a park"), read, s.getAlarmRules)
	put := of("putAlarmRules", "PUT", "/alarm-rules", "Record a rule file as the park's newest and take it into use")
	put.Description = "A file that is not sound is refused whole; fields names each fault as line:column: path: what is wrong."
	put.MaxBodyBytes = rulefile.MaxSize + 1
	route(s, put, edit, s.putAlarmRules)
	check := of("checkAlarmRules", "POST", "/alarm-rules/check", "Check a rule file without recording it")
	check.MaxBodyBytes = rulefile.MaxSize + 1
	route(s, check, read, s.checkAlarmRules)
	route(s, of("proposeAlarmRules", "GET", "/alarm-rules/proposed", "Propose a rule file: limits are quantiles of the park's own history"), read, s.proposeAlarmRules)
	route(s, of("listAlarmChannels", "GET", "/alarm-channels", "Ways to deliver notices, without their secrets"), edit, s.listAlarmChannels)
	route(s, of("putAlarmChannels", "PUT", "/alarm-channels", "Set the ways to deliver notices"), edit, s.putAlarmChannels)
	route(s, of("testAlarmChannel", "POST", "/alarm-channels/{channel}/test", "Send a test and tell what the other side said; the attempt is kept as proof"), edit, s.testAlarmChannel)
	route(s, of("listAlarmContacts", "GET", "/alarm-contacts", "How to reach the people whom rules name"), edit, s.listAlarmContacts)
	route(s, of("putAlarmContacts", "PUT", "/alarm-contacts", "Set how to reach people"), edit, s.putAlarmContacts)
}

func (s *Server) listAlarms(ctx context.Context, in *alarmsIn) (*alarmsOutput, error) {
	p, err := s.Alarms.Picture(ctx, in.Park, in.All || in.State == "normal")
	if err != nil {
		return nil, err
	}
	keep, err := s.alarmsOf(ctx, in.Park, in.Organization)
	if err != nil {
		return nil, err
	}
	p.Alarms = slices.DeleteFunc(p.Alarms, func(a picture.Alarm) bool { return !keep(a) })
	if in.Organization != "" {
		p.Counts = picture.Count(p.Alarms)
	}
	p.Alarms = slices.DeleteFunc(p.Alarms, func(a picture.Alarm) bool {
		return in.State != "" && string(a.State) != in.State || in.Priority != "" && a.Priority != in.Priority ||
			in.Kind != "" && a.Kind != in.Kind || in.Object != "" && a.Object != in.Object
	})
	return &alarmsOutput{Body: p}, nil
}

// alarmsOf says which alarms are of an organization or of those below it.
func (s *Server) alarmsOf(ctx context.Context, park, organization string) (func(picture.Alarm) bool, error) {
	if organization == "" {
		return func(picture.Alarm) bool { return true }, nil
	}
	l, err := s.Parks.Layout(ctx, park)
	if err != nil {
		return nil, err
	}
	own := l.OrganizationsOf(organization)
	return func(a picture.Alarm) bool { return slices.Contains(own, a.Organization) }, nil
}

func (s *Server) getAlarm(ctx context.Context, in *alarmIn) (*alarmOutput, error) {
	d, err := s.alarmFor(ctx, in)
	return &alarmOutput{Body: d}, err
}

// alarmFor is an alarm that the caller may see: with an organization, one of that.
func (s *Server) alarmFor(ctx context.Context, in *alarmIn) (*picture.Detail, error) {
	d, err := s.Alarms.Detail(ctx, in.Park, in.Rule)
	if err != nil {
		return nil, err
	}
	keep, err := s.alarmsOf(ctx, in.Park, in.Organization)
	if err != nil {
		return nil, err
	}
	if !keep(d.Alarm) {
		return nil, fmt.Errorf("%w: alarm %q of organization %q", record.ErrNotFound, in.Rule, in.Organization)
	}
	d.Related = slices.DeleteFunc(d.Related, func(a picture.Alarm) bool { return !keep(a) })
	return d, nil
}

func (s *Server) actOnAlarm(ctx context.Context, in *alarmActIn) (*alarmOutput, error) {
	at := &alarmIn{Park: in.Park, Rule: in.Rule, Organization: in.Organization}
	if _, err := s.alarmFor(ctx, at); err != nil {
		return nil, err
	}
	a := picture.Act{Event: in.Body.Event, Note: in.Body.Note, For: time.Duration(in.Body.Minutes) * time.Minute, Assignee: in.Body.Assignee}
	if err := s.Alarms.Act(ctx, s.act(ctx), in.Park, in.Rule, a); err != nil {
		return nil, err
	}
	return s.getAlarm(ctx, at)
}

func (s *Server) getAlarmRules(ctx context.Context, in *parkIn) (*alarmRulesOutput, error) {
	v, err := s.Alarms.Rules(ctx, in.Park)
	return rulesView(v), err
}

func rulesView(v record.AlarmRules) *alarmRulesOutput {
	out := &alarmRulesOutput{}
	out.Body.Number, out.Body.Hash, out.Body.RecordedAt, out.Body.Author, out.Body.YAML = v.Number, v.Hash, v.RecordedAt.UTC(), v.Author, v.YAML
	return out
}

func (s *Server) putAlarmRules(ctx context.Context, in *alarmRulesIn) (*alarmRulesOutput, error) {
	v, err := s.Alarms.PutRules(ctx, s.act(ctx), in.Park, in.RawBody, in.After)
	if err != nil {
		return nil, rulesProblem(err, traceOf(ctx).language)
	}
	return rulesView(v), nil
}

// rulesProblem names the faults of a rule file in the caller's language; other errors
// stay as they are.
func rulesProblem(err error, language string) error {
	var faults rulefile.Faults
	if !errors.As(err, &faults) {
		return err
	}
	p := problemOf(alarm.ErrRule, language, "")
	p.Detail = name{fmt.Sprintf("规则文件有 %d 处错误；什么也没有改变。", len(faults)), fmt.Sprintf("The rule file has %d faults; nothing was changed.", len(faults))}.in(language)
	for _, f := range faults {
		text := f.Message.In(language)
		if f.Path != "" {
			text = f.Path + ": " + text
		}
		p.Fields = append(p.Fields, fmt.Sprintf("%d:%d: %s", f.Line, f.Column, text))
	}
	return p
}

func (s *Server) checkAlarmRules(ctx context.Context, in *alarmCheckIn) (*alarmCheckOutput, error) {
	out := &alarmCheckOutput{}
	out.Body.Faults, out.Body.Unknown = []rulefile.Fault{}, []string{}
	set, err := rulefile.Parse(in.RawBody)
	var faults rulefile.Faults
	if errors.As(err, &faults) {
		out.Body.Faults = append(out.Body.Faults, faults...)
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	out.Body.Rules = len(set.Rules)
	out.Body.Unknown, err = s.Alarms.UnknownSignals(ctx, in.Park, set)
	return out, err
}

func (s *Server) proposeAlarmRules(ctx context.Context, in *parkIn) (*alarmProposalOutput, error) {
	p, err := s.Alarms.Propose(ctx, in.Park)
	return &alarmProposalOutput{Body: p}, err
}

func (s *Server) listAlarmChannels(ctx context.Context, in *parkIn) (*channelsOutput, error) {
	list, err := s.Alarms.Channels(ctx, in.Park)
	return &channelsOutput{Body: channelsBody{Channels: list}}, err
}

func (s *Server) putAlarmChannels(ctx context.Context, in *channelsIn) (*channelsOutput, error) {
	if err := s.Alarms.PutChannels(ctx, s.act(ctx), in.Park, in.Body.Channels); err != nil {
		return nil, settingProblem(err)
	}
	return s.listAlarmChannels(ctx, &parkIn{Park: in.Park})
}

// settingProblem makes a channel that cannot be the caller's fault.
func settingProblem(err error) error {
	if errors.Is(err, notify.ErrSetting) {
		return fmt.Errorf("%w: %s", errInput, strings.TrimPrefix(err.Error(), "notify: "))
	}
	return err
}

func (s *Server) testAlarmChannel(ctx context.Context, in *channelTestIn) (*channelTestOutput, error) {
	told, err := s.Alarms.TestChannel(ctx, s.act(ctx), in.Park, in.Channel)
	return &channelTestOutput{Body: told}, err
}

func (s *Server) listAlarmContacts(ctx context.Context, in *parkIn) (*contactsOutput, error) {
	list, err := s.Alarms.Contacts(ctx, in.Park)
	return &contactsOutput{Body: contactsBody{Contacts: list}}, err
}

func (s *Server) putAlarmContacts(ctx context.Context, in *contactsIn) (*contactsOutput, error) {
	if err := s.Alarms.PutContacts(ctx, s.act(ctx), in.Park, in.Body.Contacts); err != nil {
		return nil, err
	}
	return s.listAlarmContacts(ctx, &parkIn{Park: in.Park})
}
