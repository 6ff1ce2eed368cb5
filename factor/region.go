package factor

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// region is a row of data/regions.csv: a province, a grid region, China or the world, and where to
// look when it has no factor of its own.
type region struct {
	nameZH, nameEN, code string
	fallback             []string
}

var regions = sync.OnceValues(func() ([]region, error) {
	data, err := files.ReadFile("data/regions.csv")
	if err != nil {
		return nil, fmt.Errorf("regions: %w", err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("regions: %w", err)
	}
	var list []region
	for _, r := range rows[1:] {
		list = append(list, region{r[0], r[1], r[2], strings.Fields(r[3])})
	}
	return list, nil
})

// RegionChain returns where to look for a factor of a place, nearest first: 江苏 gives 江苏, 华东,
// CN. It takes a Chinese or English name, with or without 省, 市 or 自治区, or a GB/T 2260 code of two to
// six digits (320500 is Suzhou in 江苏). Inner Mongolia has two grids: name 蒙西 or 蒙东 to get 华北
// or 东北, else its chain leaves the regional grid out. The regional grids are the power grids, not
// the geographic regions: 山东 belongs to 华北, 江西 to 华中, 四川 and 重庆 to 西南. Errors wrap ErrMissing.
func RegionChain(place string) ([]string, error) {
	list, err := regions()
	if err != nil {
		return nil, err
	}
	name := strings.TrimSpace(place)
	for _, suffix := range []string{"省", "市", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区"} {
		name = strings.TrimSuffix(name, suffix)
	}
	code := ""
	if len(name) >= 2 && len(name) <= 6 && strings.Trim(name, "0123456789") == "" {
		code = name[:2]
	}
	for _, r := range list {
		if name != "" && (r.nameZH == name || strings.EqualFold(r.nameEN, name)) || code != "" && r.code == code {
			return slices.Concat([]string{r.nameZH}, r.fallback), nil
		}
	}
	return nil, fmt.Errorf("region %q: %w is kept by that name or code; give a province such as 江苏, Jiangsu or 320000, a grid region such as 华东, or CN", place, ErrMissing)
}
