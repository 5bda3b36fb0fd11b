const { train } = require("./train.js");

train().then((outcome) => console.log(JSON.stringify(outcome)));
