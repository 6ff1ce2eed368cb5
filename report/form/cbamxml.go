package form

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
)

// cbamNamespace is the namespace of the registry's schema, QReport version 23.00.
const cbamNamespace = "http://xmlns.ec.eu/BusinessObjects/CBAM/Types/V1"

// communication is what an operator hands to the declarant: for each good the part of
// the registry's ImportedGood that the operator knows, in the schema's order of elements.
// The declarant adds the rest (ImportedQuantity, MeasureImported) in his own report.
type communication struct {
	XMLName   xml.Name  `xml:"urn:lingtan:cbam-communication:v1 Communication"`
	Inventory string    `xml:"inventory,attr"`
	Hash      string    `xml:"inventoryHash,attr"`
	From      string    `xml:"from,attr"` // reporting period of the installation
	To        string    `xml:"to,attr"`
	Goods     []xmlGood `xml:"http://xmlns.ec.eu/BusinessObjects/CBAM/Types/V1 ImportedGood"`
}

type xmlGood struct {
	ItemNumber int          `xml:"ItemNumber"`
	Commodity  xmlCommodity `xml:"CommodityCode"`
	Origin     xmlOrigin    `xml:"OriginCountry"`
	Emissions  xmlEmissions `xml:"GoodsEmissions"`
}

type xmlCommodity struct {
	HS          string `xml:"HsCode"`
	CN          string `xml:"CnCode"`
	Description string `xml:"CommodityDetails>Description"`
}

type xmlOrigin struct {
	Country string `xml:"Country"`
}

type xmlEmissions struct {
	Sequence     int             `xml:"SequenceNumber"`
	Country      string          `xml:"ProductionCountry"`
	Operator     xmlOperator     `xml:"InstallationOperator"`
	Installation xmlInstallation `xml:"Installation"`
	Produced     xmlMeasure      `xml:"ProducedMeasure"`
	Direct       xmlDirect       `xml:"DirectEmissions"`
	Indirect     xmlIndirect     `xml:"IndirectEmissions"`
	Method       *xmlMethod      `xml:"ProdMethodQualifyingParams"`
	Remarks      []xmlRemark     `xml:"RemarksEmissions"`
}

type xmlOperator struct {
	ID      string     `xml:"OperatorId"`
	Name    string     `xml:"OperatorName"`
	Address xmlAddress `xml:"OperatorAddress"`
	Contact xmlContact `xml:"ContactDetails"`
}

type xmlAddress struct {
	Country string `xml:"Country"`
	City    string `xml:"City"`
	Street  string `xml:"Street,omitempty"`
}

type xmlContact struct {
	Name  string `xml:"Name"`
	Phone string `xml:"Phone"`
	Email string `xml:"Email"`
}

type xmlInstallation struct {
	ID      string  `xml:"InstallationId"`
	Name    string  `xml:"InstallationName"`
	Address xmlSite `xml:"Address"`
}

type xmlSite struct {
	Country string `xml:"EstablishmentCountry"`
	City    string `xml:"City"`
	Street  string `xml:"Street,omitempty"`
}

type xmlMeasure struct {
	NetMass string `xml:"NetMass"`
	Unit    string `xml:"MeasurementUnit"`
}

type xmlDirect struct {
	Determination string `xml:"DeterminationType"`
	Methodology   string `xml:"ApplicableReportingTypeMethodology"`
	Specific      string `xml:"SpecificEmbeddedEmissions"`
	Unit          string `xml:"MeasurementUnit"`
}

type xmlIndirect struct {
	Determination string `xml:"DeterminationType"`
	Specific      string `xml:"SpecificEmbeddedEmissions"`
	Unit          string `xml:"MeasurementUnit"`
	Consumed      string `xml:"ElectricityConsumed"`
	Source        string `xml:"ElectricitySource"`
}

type xmlMethod struct {
	Sequence int    `xml:"SequenceNumber"`
	ID       string `xml:"MethodId"`
}

type xmlRemark struct {
	Sequence int    `xml:"SequenceNumber"`
	Text     string `xml:"AdditionalInformation"`
}

// XML writes the goods of a CBAM communication in the element order and with the digits of
// the registry's schema (QReport version 23.00: GoodsEmissionsType and the types in it),
// as programs made from it hold them; the schema file itself was not read, so that nothing
// is validated against it. Errors: ErrWrite for another form, ErrInputs for what the schema
// asks for and the inputs do not say.
func (r *Report) XML(w io.Writer) error {
	if r.Form != cbam.ID || r.Source == nil {
		return fmt.Errorf("%w: XML is of the form %s with its inventory alone, not of %s", ErrWrite, cbam.ID, r.Form)
	}
	in := cmp.Or(r.Inputs, &Inputs{})
	d := &draft{Report: r, export: r.Source, in: in}
	d.index()
	c := communication{Inventory: r.Inventory.ID, Hash: r.Inventory.Hash, From: r.Period.First, To: r.Period.Last}
	for i, g := range d.goodsMade() {
		x, err := d.xmlGood(i+1, g)
		if err != nil {
			return err
		}
		c.Goods = append(c.Goods, x)
	}
	if len(c.Goods) == 0 {
		return fmt.Errorf("%w: no product of kind good; state one with --inputs", ErrInputs)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(c); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// xmlGood is one good as the schema has it.
func (d *draft) xmlGood(item int, g embedded) (xmlGood, error) {
	op, codes, err := d.operator(g.Product)
	if err != nil {
		return xmlGood{}, err
	}
	country := d.export.Inventory.Structure.Park.Country
	x := xmlGood{ItemNumber: item, Commodity: xmlCommodity{HS: g.CN[:6], CN: g.CN, Description: clip(g.Name.In("en"), 512)}, Origin: xmlOrigin{country},
		Emissions: xmlEmissions{Sequence: 1, Country: country,
			Operator:     xmlOperator{op.ID, clip(op.Name, 70), xmlAddress{country, clip(op.City, 35), clip(op.Street, 70)}, xmlContact{clip(op.Contact, 70), clip(op.Phone, 35), clip(op.Email, 256)}},
			Installation: xmlInstallation{op.Installation, clip(op.Name, 256), xmlSite{country, clip(op.City, 35), clip(op.Street, 70)}},
			Produced:     xmlMeasure{decimal(g.Quantity, 6), codes.Mass},
			Direct:       xmlDirect{codes.Determination, codes.Methodology, decimal(g.direct(), 7), codes.Emissions},
			Indirect:     xmlIndirect{codes.Determination, decimal(g.indirect(), 7), codes.Emissions, decimal(g.power, 5), codes.ElectricitySource}}}
	if g.Method != "" {
		x.Emissions.Method = &xmlMethod{1, g.Method}
	}
	for i, q := range g.Precursors {
		if i == 8 { // the schema takes nine remarks
			x.Emissions.Remarks = append(x.Emissions.Remarks, xmlRemark{9, fmt.Sprintf("%d more precursors in the report %s", len(g.Precursors)-8, d.Inventory.ID)})
			break
		}
		x.Emissions.Remarks = append(x.Emissions.Remarks, xmlRemark{i + 1, clip(fmt.Sprintf("Precursor %s (CN %s, %s): %v t; specific embedded emissions %v direct, %v indirect tCO2e/t; %s", q.Name.In("en"), q.CN, q.Country, q.Quantity, q.Direct, q.Indirect, q.Source), 512)})
	}
	return x, nil
}

// operator is the operator of a good and the registry's codes, as the inputs say.
func (d *draft) operator(p Product) (Operator, Codes, error) {
	if p.CN == "" {
		return Operator{}, Codes{}, fmt.Errorf("%w: product %s: its CN code of 8 digits", ErrInputs, p.ID)
	}
	if c := d.in.Codes; c == nil || c.Determination == "" || c.Methodology == "" || c.ElectricitySource == "" || c.Mass == "" || c.Emissions == "" {
		return Operator{}, Codes{}, fmt.Errorf("%w: codes: determination, methodology, electricitySource, mass and emissions, as the registry's code lists have them", ErrInputs)
	}
	for _, o := range d.in.Operators {
		if o.Organization != p.Organization {
			continue
		}
		if o.ID == "" || o.Installation == "" || o.Name == "" || o.City == "" || o.Contact == "" || o.Phone == "" || o.Email == "" {
			return o, *d.in.Codes, fmt.Errorf("%w: operator of %s: id, installation, name, city, contact, phone and email are asked for", ErrInputs, p.Organization)
		}
		return o, *d.in.Codes, nil
	}
	return Operator{}, Codes{}, fmt.Errorf("%w: operators: there is none of %s", ErrInputs, p.Organization)
}

// decimal is v with at most so many decimals, as xs:decimal.
func decimal(v float64, digits int) string {
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'f', digits, 64), 64)
	if err != nil {
		return strconv.FormatFloat(v, 'f', digits, 64)
	}
	return strconv.FormatFloat(short, 'f', -1, 64)
}

// clip is at most n characters of s.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
