package inventory

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"

	"lingtan/accounting"
	"lingtan/park"
	"lingtan/quantity"
)

// members are the organization that the inventory is of and those below it; nil for
// the whole park. The park's operator has none below it: the members are not its parts.
func members(doc *park.Document, organization string) (map[string]bool, error) {
	if organization == "" {
		return nil, nil
	}
	over := map[string]string{}
	operators := map[string]bool{}
	for _, o := range doc.Organizations {
		over[o.ID] = o.Parent
		operators[o.ID] = o.Kind == "operator"
	}
	if _, there := over[organization]; !there {
		return nil, fmt.Errorf("%w: organization %q of park %s", ErrNoEntry, organization, doc.Park.ID)
	}
	own := map[string]bool{organization: true}
	for id := range over {
		for at, depth := id, 0; at != "" && !operators[at] && depth <= len(over); at, depth = over[at], depth+1 {
			if at == organization {
				own[id] = true
			}
		}
	}
	return own, nil
}

// owns says whether an organization's entries are in the inventory.
func (c *compiler) owns(organization string) bool {
	return c.own == nil || c.own[organization]
}

// declared accounts the declared records that touch the period, in the order of their ids, and
// carries them as they were known.
func (c *compiler) declared(at time.Time) error {
	first, last, err := c.inv.Period.Days()
	if err != nil {
		return err
	}
	list := slices.Clone(c.in.Declared)
	sort.Slice(list, func(i, j int) bool { return list[i].Activity.Record < list[j].Activity.Record })
	accountant := c.accountant(at)
	for i, d := range list {
		if i > 0 && list[i-1].Activity.Record == d.Activity.Record {
			return fmt.Errorf("record %s: handed in twice", d.Activity.Record)
		}
		if !c.owns(d.Activity.Organization) {
			continue
		}
		act, days, all, err := d.Within(first, last)
		if err != nil {
			return err
		}
		if days == 0 {
			continue
		}
		c.inv.Declared = append(c.inv.Declared, d)
		if days != all {
			c.note("申报记录 %[1]s 的期间 %[2]s 至 %[3]s 共 %[4]d 天，其中 %[5]d 天在本期内：按天数分摊，计入其数量的 %[5]d/%[4]d。",
				"Record %[1]s is of %[2]s to %[3]s, %[4]d days, of which %[5]d lie in the period: %[5]d/%[4]d of its amount is counted.", act.Record, d.First, d.Last, all, days)
		}
		if c.g.metered[act.Organization+"|"+act.Kind+"|"+act.Carrier] {
			c.note("%[2]s 既有计量又申报了 %[3]s（记录 %[1]s）：两者都已计入；若为同一能源，请撤回该记录。",
				"%[2]s is metered for %[3]s and also declared it (record %[1]s): both are counted; withdraw the record if they are the same energy.", act.Record, act.Organization, act.Kind)
		}
		if err := c.account(accountant, act); err != nil {
			return err
		}
	}
	return nil
}

// account accounts an activity without instruments. What the method cannot
// account is told in a note and is in no total.
func (c *compiler) account(a accounting.Accountant, act accounting.Activity) error {
	list, err := a.Account(act, nil)
	if unknown(err) {
		c.unaccounted(act, err)
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range list {
		e.ID = entryID(c.in.ID, e)
		c.inv.Entries = append(c.inv.Entries, e)
	}
	return nil
}

// unknown says that a method cannot account an activity: it has no rule for it, not for what
// is told of it, or not in its unit.
func unknown(err error) bool {
	return errors.Is(err, accounting.ErrNoRule) || errors.Is(err, accounting.ErrGiven) || errors.Is(err, quantity.ErrDimension)
}

// unaccounted notes an activity that is in no total.
func (c *compiler) unaccounted(act accounting.Activity, why error) {
	what := "record " + act.Record
	if act.Record == "" {
		what = act.Node + " from " + act.Source
	}
	c.note("%[1]s（%[2]s，%[3]v %[4]s，%[5]s）未计入任何合计：%[6]v。", "%[1]s (%[2]s, %[3]v %[4]s, %[5]s) is in no total: %[6]v.",
		what, act.Organization, act.Amount.Total(), act.Unit, act.Kind, why)
}

// note adds a note in both languages.
func (c *compiler) note(zh, en string, args ...any) {
	c.inv.Notes = append(c.inv.Notes, park.Name{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)})
}

// declaredRecord is the record that an entry was made of, nil for a metered one.
func (v *Inventory) declaredRecord(e accounting.Entry) *accounting.Declared {
	for i, d := range v.Declared {
		if e.Activity.Record != "" && d.Activity.Record == e.Activity.Record {
			return &v.Declared[i]
		}
	}
	return nil
}
