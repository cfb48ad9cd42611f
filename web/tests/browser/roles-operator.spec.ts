import { doesWhatItMay } from "./checks/roles";

doesWhatItMay("operator");
