// "BASIC METABOLIC PANEL" becomes "Basic Metabolic Panel".
return value.toLowerCase().replace(/\b[a-z]/g, letter => letter.toUpperCase());
