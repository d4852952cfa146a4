// Tidies the results of one message, and sums them up in a segment of the house, ZRS: the worst flag, and how many are flagged.
const units = table("units");
const ranks = ["", "N", "L", "H", "LL", "HH"];
let worst = "";
let flagged = 0;

msg.each("OBX", obx => {
  const value = obx.get(5);

  // "<5" is a number with a comparator: a structured number, SN.
  const compared = /^([<>]=?)\s*([0-9.]+)$/.exec(value);
  if (compared) {
    obx.set(2, "SN").set("5.1", compared[1]).set("5.2", compared[2]);
  }

  // "6.1 (hemolyzed)" is a number and a note.
  const noted = /^([0-9.]+)\s*\((.+)\)$/.exec(value);
  if (noted) {
    obx.set(5, noted[1]);
    obx.insertAfter("NTE").set(1, 1).set(3, noted[2]);
  }

  const unit = obx.get(6);
  if (unit !== "") obx.set(6, units.get(unit) ?? unit);

  const flag = obx.get(8);
  if (ranks.indexOf(flag) > 1) flagged++;
  if (ranks.indexOf(flag) > ranks.indexOf(worst)) worst = flag;
});

if (flagged > 0 || worst !== "") msg.append("ZRS").set(1, worst).set(2, flagged);
log("flagged", flagged);
