import { doesWhatItMay } from "./checks/roles";

doesWhatItMay("admin");
