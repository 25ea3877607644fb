package unit

import "strings"

// textBytes is about how long each clean text is.
const textBytes = 8 << 10

// Texts are clean texts of about 8 KiB, by kind: what content scanners mostly
// read.
func Texts() map[string]string {
	out := map[string]string{}
	for kind, s := range map[string]string{"prose": prose, "code": source, "json": document, "cyrillic": cyrillic} {
		out[kind] = strings.Repeat(s, textBytes/len(s)+1)
	}
	return out
}

const (
	prose = "The harbour office keeps a record of every ship that arrives, and of the goods it carries. When the weather turns, the pilots wait " +
		"behind the breakwater until the wind has dropped. In the evening the market closes early, because the fishermen leave before dawn. " +
		"The committee met on Tuesday to review the access policy; nobody objected to changing a password every 90 days.\n"
	source = "func (s *Store) Get(key string) ([]byte, error) {\n\ts.mu.Lock()\n\tdefer s.mu.Unlock()\n\tif v, ok := s.rows[key]; ok {\n\t\treturn v.data, nil\n\t}\n" +
		"\treturn nil, fmt.Errorf(\"get %q: %w\", key, ErrNotFound) // see src/net/http/server.go\n}\n\n"
	document = `{"id":"4f1c2b9a-77de-4a55-9c1e-0b3b52a1f001","amount_minor":1299,"currency":"EUR","lines":[{"sku":"AB-1009","qty":2},{"sku":"XZ-0031","qty":1}],"ok":true},` + "\n"
	cyrillic = "Управление порта ведёт запись каждого судна, которое приходит, и груза, который оно везёт. Когда погода меняется, лоцманы ждут за молом. "
)
