-- Finding rules costs the same however many there are.
--
-- A sorted index compares the key that is looked for with a dozen to twenty others, each of them a text in another
-- place of memory, and most looks of a decision find nothing. A hash index goes to one page and compares numbers there.
-- Nothing ever asks for a range of keys.
DROP INDEX needrecord.rules_lookup_exact;
DROP INDEX needrecord.rules_lookup;
CREATE INDEX rules_lookup_exact ON needrecord.rules USING hash (lookup) WHERE starts_with(lookup, E'= = =\t');
CREATE INDEX rules_lookup ON needrecord.rules USING hash (lookup) WHERE NOT starts_with(lookup, E'= = =\t');
